"""The parameters of the formulas as people set them: versions, what each means, what others would do."""
