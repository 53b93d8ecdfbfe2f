"""Who the demo company's customers are: accounts, their people, their stories and the words they use."""
