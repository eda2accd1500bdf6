"""The test suite: unit/ opens no socket, integration/ starts real brokers on 127.0.0.1."""
