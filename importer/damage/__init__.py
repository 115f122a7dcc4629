"""What Excel, or a program between, has spoiled: looked for column by column, told once for each column."""
