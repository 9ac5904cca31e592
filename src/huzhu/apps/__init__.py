"""The union's work: one folder an app, each using only those below it (the order is in .importlinter)."""
