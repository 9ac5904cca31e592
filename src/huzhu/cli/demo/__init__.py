"""What `huzhu demo` decides on: an invented roster and an invented year of claims, the same on every machine."""
