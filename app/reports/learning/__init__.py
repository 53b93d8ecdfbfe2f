"""Statistics that need scipy, statsmodels or scikit-learn: for the worker and the command line, never a web process."""
