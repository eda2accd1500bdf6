"""Deploying: containers, Kubernetes, Kafka, ClickHouse, and Grafana's boards (deploy.grafana)."""
