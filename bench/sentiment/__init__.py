"""How well comments are read: training of the weights, cross-validation, and a table against TextBlob and VADER."""
