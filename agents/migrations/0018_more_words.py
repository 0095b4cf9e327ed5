from django.db import migrations

# A question of a language without blanks has many more parts than words.
WORDS = """
CREATE OR REPLACE FUNCTION automatos_words(asked text) RETURNS TABLE (term text, query tsquery)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t, quote_literal(t)::tsquery FROM unnest(tsvector_to_array(to_tsvector('english', asked))) AS t
    LIMIT {} $$"""


class Migration(migrations.Migration):
    dependencies = [("agents", "0017_document_pages")]

    operations = [migrations.RunSQL(WORDS.format(120), WORDS.format(40))]
