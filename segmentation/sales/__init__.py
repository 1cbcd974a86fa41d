"""Where fct_sales lives: sources, the columns that are recognised, and the balance of lines."""
