"""Tests against a real broker and a real engine, both started here."""
