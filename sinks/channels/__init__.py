"""Channels: who is told of alerts and reports beyond the pages: chat groups, mail, webhooks."""
