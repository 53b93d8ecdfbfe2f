"""Reading history again after the engine has become another: first what would change, then the change."""
