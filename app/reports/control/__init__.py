"""Has a series left its level? Control charts of the NPS, the response rate and the share of detractors."""
