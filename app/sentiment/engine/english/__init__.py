"""English: TextBlob's analyzer with our words, the rules of sentences, and small trained weights."""
