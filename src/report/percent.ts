/** A share as a text with at most one decimal: "12.5 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}
