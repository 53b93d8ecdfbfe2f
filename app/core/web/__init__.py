"""What every page shares: the Flask application's frame, headers, forms' fields, and staff pages' surroundings."""
