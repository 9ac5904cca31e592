"""Keys, encrypted fields, and the catalogue of personal data."""
