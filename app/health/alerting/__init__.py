"""Early warning: alerts beside the scores, of risk and of opportunity, by rules that can be tried on the past."""
