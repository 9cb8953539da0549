"""The report of a day, a week or a month: gathered from the history, shown as a page and as a mail."""
