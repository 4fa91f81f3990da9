from schedule.programme.grid import MAX_COLUMNS, MAX_ROWS, MAX_WIDTH
from tools.make_grid_css import STYLESHEET, grid_css


def test_the_stylesheet_has_a_class_for_every_place_of_the_grid():
    assert STYLESHEET.read_text() == grid_css(MAX_ROWS, MAX_COLUMNS, MAX_WIDTH)


def test_each_class_carries_its_number():
    rules = grid_css(rows=2, columns=1, width=1).split("*/\n")[1]
    assert rules == (
        ".r1{--row:1}.s1{--rows:1}\n.r2{--row:2}.s2{--rows:2}\n.c1{--column:1}\n.w1{--columns:1}\n"
    )
