/** Something that is being loaded, and can be waited for. */
export class Loading {
  /** Ends when it is loaded, or cannot be. */
  readonly ended: Promise<void>;
  #end = (): void => {};

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Lets those go on who wait. */
  end(): void {
    this.#end();
  }
}
