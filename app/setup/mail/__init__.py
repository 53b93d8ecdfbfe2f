"""The mail step of setting up: settings lines, tests of the way mail goes, and the page."""
