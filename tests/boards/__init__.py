"""Grafana's boards over the demo's day; `python -m tests.boards` prints what each panel returns."""
