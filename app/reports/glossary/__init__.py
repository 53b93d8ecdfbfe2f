"""What every figure means, said once: for labels, the glossary page, exports and the document of the API."""
