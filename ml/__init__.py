"""Model versions, training runs and embeddings: from pictures to numbers."""
