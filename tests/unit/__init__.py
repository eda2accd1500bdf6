"""Tests of one piece at a time; no services, no sockets."""
