"""The page that says what the models hold is made from what declares them."""

from dictionary import TARGET, dictionary


def test_the_dictionary_of_models_is_what_their_declarations_say() -> None:
    assert TARGET.read_text("utf-8") == dictionary(), "run: cd dbt && uv run python dictionary.py"
    assert dictionary().count("\n## attio__") == 9
