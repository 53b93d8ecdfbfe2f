"""The statistics of the reports: pure, in closed form, without a heavy library in a web process."""
