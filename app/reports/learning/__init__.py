"""Statistics that need scipy, statsmodels or scikit-learn, which no web process may load; no page or job asks for them yet."""
