"""Members: joining, approval, card, transfer, leaving."""
