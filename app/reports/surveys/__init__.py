"""What people answered to a survey, question by question, and where its words changed."""
