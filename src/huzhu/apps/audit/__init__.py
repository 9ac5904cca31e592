"""Who did what, when, in words; append-only and chained by hashes."""
