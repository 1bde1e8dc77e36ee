// What a backend is told to be: configuration alone, no state.

export interface Backend {
  name: string;
  /** Share of sessions and tokens relative to the others. Default 1. */
  weight?: number;
  /** Outstanding tokens beyond which it takes nothing while another can. Default: only the bound relative to the others. */
  capacity?: number;
  region?: string;
  capabilities?: readonly string[];
}
