"""Settings, urls, the Celery application and the embedded services."""
