/** A class that DL4J looks for under a name which ND4J 1.0.0-M2.1 no longer has. */
package org.nd4j.nativeblas;
