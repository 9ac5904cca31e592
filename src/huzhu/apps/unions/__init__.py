"""The union tree, employers, users, and who may do what where."""
