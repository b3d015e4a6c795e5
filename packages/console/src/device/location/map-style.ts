const meta = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''

/** The MapLibre style that the operator chose for maps, as the page came with it; undefined without one. */
export const mapStyle = meta('map-style') || undefined

/** The origins that the page's policy lets maps come from, separated by spaces. */
export const mapOrigins = meta('map-origins')
