/** SQL on the server in a guest, over its local socket. */
export interface Database {
  /** Rows as texts. @throws GuestCommandError when the server does not run or the statement fails */
  query(
    sql: string,
    options?: {
      readonly database?: string;
      readonly timeout?: number;
      /** Go on after a statement that fails; it gives no rows and no error then. @default false */
      readonly goOn?: boolean;
      /** The statement comes from stored data: it goes to the server as it is, as one call. @default false */
      readonly verbatim?: boolean;
    },
  ): Promise<string[][]>;
}
