"""Measures redaction: hand-written sentences, items of every kind in every writing, tempting texts that stay."""
