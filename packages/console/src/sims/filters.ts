/** The filters that the SIM table keeps in its address. */
interface SimTableFilters {
  n?: string
  state?: string
  carrier?: string
  marker?: string
  filter?: string
  sort?: string
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
const fragments = ['iccid', 'imsi', 'msisdn', 'name']

const comparisons: { readonly [name in keyof SimTableFilters]?: (value: string) => string } = {
  n: (text) => `(${fragments.map((field) => `${field}==${quoted(`*${text}*`)}`).join(' or ')})`,
  state: (state) => `state==${state}`,
  carrier: (name) => `carrier==${quoted(name)}`,
  marker: (marker) => {
    const [key = '', ...value] = marker.split(':')
    return `marker.${key}==${quoted(value.join(':'))}`
  },
  filter: (text) => `(${text})`,
}

/** All filters as one in the filter language, as a view keeps it; empty without any. */
export const toFilterText = (filters: SimTableFilters): string =>
  Object.entries(comparisons)
    .flatMap(([name, write]) => {
      const value = filters[name as keyof SimTableFilters]
      return value === undefined ? [] : [write(value)]
    })
    .join(' and ')
