"""How facts are said without loss: state first, publish second, commit last."""
