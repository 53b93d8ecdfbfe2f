"""The stages that accounts go through, as they are called here and in the order of this company."""
