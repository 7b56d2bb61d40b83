"""Durable work: rows in Postgres are the work, Celery messages only ring for it."""
