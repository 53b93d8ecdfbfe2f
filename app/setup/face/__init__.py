"""The pages on which administrators decide how the installation faces customers: languages, colour and logo (doors)."""
