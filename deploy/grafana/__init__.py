"""Grafana's boards as code: what they show, and the JSON that Grafana reads."""
