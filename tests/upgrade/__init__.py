"""Rolling upgrades on Apache Kafka: workers of two versions side by side while events are published."""
