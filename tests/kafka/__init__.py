"""Apache Kafka for the tests: where its jars come from."""
