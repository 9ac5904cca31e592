"""Long work that survives being killed."""
