"""Who is told: ClickHouse, and the pages and endpoints that read it."""
