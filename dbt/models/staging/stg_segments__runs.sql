select
    run_id,
    created_at,
    published_at,
    source_name,
    source,
    first_sale as first_sale_on,
    last_sale as last_sale_on,
    as_of as as_of_on,
    segments,
    customers,
    silhouette_score,
    product_version,
    settings
from {{ source('ml_results', 'segmentation_runs') }}
