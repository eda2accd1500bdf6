"""docker-compose.yml run for real, by `make compose-test`: `python -m tests.compose --help`."""
