from django.db import migrations

# As before, but the share of the asked words is counted for what is given alone, and not for everything that matches.
FIND_ENTRIES = """
CREATE OR REPLACE FUNCTION automatos_find_entries(asked text, near halfvec, farthest float)
    RETURNS TABLE (id uuid, score float)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH terms AS (
        SELECT (quote_literal(t) || ':*')::tsquery AS term
        FROM unnest(tsvector_to_array(to_tsvector('english', asked))) AS t LIMIT 20),
    query AS (
        SELECT string_agg(term::text, ' | ')::tsquery AS any_words, string_agg(term::text, ' & ')::tsquery AS all_words,
            count(*) AS number FROM terms),
    matches AS (
        SELECT e.id, e.words, q.number, row_number() OVER (
            ORDER BY (e.words @@ q.all_words) DESC, ts_rank(e.words, q.any_words) DESC, e.installs DESC, e.id) AS place
        FROM query q JOIN marketplace_entries e ON e.words @@ q.any_words
        WHERE e.is_public OR e.workspace_id = (SELECT automatos_workspace())
        ORDER BY place LIMIT 200),
    wording AS (
        SELECT m.id, m.place, (SELECT count(*) FROM terms WHERE m.words @@ term)::float / m.number AS share
        FROM matches m),
    nearest AS (
        SELECT e.id, e.embedding::halfvec(512) <=> near AS distance FROM marketplace_entries e
        WHERE e.is_public AND e.embedding_model = 'local:use-multilingual-v3' ORDER BY distance LIMIT 40),
    meaning AS (
        SELECT n.id, row_number() OVER (ORDER BY n.distance, n.id) AS place FROM nearest n WHERE n.distance < farthest)
    SELECT f.id, sum(f.score)::float FROM (
        SELECT w.id, power(w.share, 2) / (10 + w.place) AS score FROM wording w
        UNION ALL SELECT m.id, 1.0 / (10 + m.place) FROM meaning m) AS f
    GROUP BY f.id ORDER BY 2 DESC, f.id $$;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0008_offers")]

    operations = [migrations.RunSQL(FIND_ENTRIES, migrations.RunSQL.noop)]
